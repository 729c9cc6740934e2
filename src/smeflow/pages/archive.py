"""Zip files that say nothing of when they were made: equal parts give equal bytes."""

import io
import zipfile

_DAY = (1980, 1, 1, 0, 0, 0)


def steady(data: bytes) -> bytes:
    """Pack a zip file anew, each part as it was and in its place, without its time."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(target, "w") as after:
        for part in before.infolist():
            info = zipfile.ZipInfo(part.filename, _DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o600 << 16
            after.writestr(info, before.read(part), compresslevel=6)
    return target.getvalue()
