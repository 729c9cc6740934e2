r"""Train the weights by which candidates of invoices are ranked, and write ``ranker.bin``.

    python scripts/train_ranker.py --drawn DIR... --data DATA_DIR... [--tune DIR...] --cache DIR [--out FILE]

DIR is what ``make_layouts`` drew: a ``manifest.jsonl`` beside its files. DATA_DIR has a ``manifest.json`` of
printed invoices, of which one half of the issuers is taken. A family of layouts counts once, and an issuer.
The same seed makes the same bytes. ``--tune`` only tells how well the weights do on other families.

The weights of the package are the mean of two sets: those made before of 1,516 documents (T1, T2, T7, T8 of
``docs/measurements.md``), and those made of 1,696, 1,200 drawn by the teaching families, 460 by every second
family of strangers in the order of their names, and 36 printed, with the default of every option:

    for n_seed in 300:f-train-1 450:f-train-2 450:t1; do
        python scripts/make_layouts.py teaching --which TRAIN --n ${n_seed%:*} --seed ${n_seed#*:} \
            --out DRAWN/${n_seed#*:}
    done
    python scripts/train_ranker.py --drawn DRAWN/* STRANGERS/* --data DATA_DIR DATA_DIR/more --cache CACHE \
        --beside EARLIER/ranker.bin
"""

import argparse
import hashlib
import json
import pickle
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from smeflow.documents.read import read
from smeflow.errors import DocumentError
from smeflow.invoices.page.candidates import find_candidates
from smeflow.invoices.page.features import FIELDS, key_of
from smeflow.invoices.page.ranker import Featured, pack, unpack
from smeflow.invoices.page.read import rule_choices
from smeflow.invoices.page.view import PageView

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "src/smeflow/invoices/page"
OUT = PAGE / "ranker.bin"
_NOT_FEATURES = {"assignment.py", "choices.py", "settled.py", "read.py", "vat_rates.py"}
Array = np.ndarray[Any, Any]
Item = tuple[Path, str, dict[str, Any]]
"""A file, its family, and its truth by field."""
Read = tuple[str, dict[str, Any], dict[str, Any], str]
"""Family, truth, features by kind, and the file."""
Scaled = tuple[float, list[int]]
"""A field's weights as signed bytes, and the number they are to be taken times."""
KINDS = tuple(dict.fromkeys(FIELDS.values()))
GROUPS = {"l": 1, "w": 2, "R": 3}
"""Of features, by the first letter: labels, words, what the rules chose. Each is dropped now and then."""
FROM_DATA = {"number": "number", "issue_date": "date", "due_date": "due_date", "seller": "supplier",
             "buyer": "customer", "currency": "currency", "total_net": "total_net", "total_vat": "total_vat",
             "total_gross": "total_gross", "amount_due": "amount_due"}  # fmt: skip


def featured(path: Path) -> dict[str, Any] | None:
    """Read a file and give what is said of its candidates: keys, hashes and groups of features, by kind."""
    try:
        document = read(path)
    except DocumentError:
        return None
    if not document.pages:
        return None
    view = PageView(document, document.pages)
    of = Featured(view, find_candidates(view), rule_choices(view))
    kinds = {}
    for kind in KINDS:
        texts = of.of_kind(kind)
        absent = {name: _hashes(of.of_absence(name)) for name, of_kind in FIELDS.items() if of_kind == kind}
        kinds[kind] = ([c.key for c in getattr(of.candidates, kind)], [_hashes(t) for t in texts], absent)
    return kinds


def _hashes(texts: Sequence[str]) -> tuple[Array, Array]:
    return (np.array([crc32(t.encode()) for t in texts], np.uint32),
            np.array([GROUPS.get(t[:1], 0) for t in texts], np.uint8))  # fmt: skip


def drawn_items(directory: Path) -> Iterator[Item]:
    """Give what was drawn: file, family, truth by field (None: not printed)."""
    for line in (directory / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row.get("medium", "pdf") == "pdf":
            yield (
                directory / row["file"],
                row["family"],
                {name: _printed(row["truth"].get(name)) for name in FIELDS},
            )


def _printed(value: Any) -> Any:
    """Give a value as printed: of a firm its name."""
    return value.get("name") if isinstance(value, dict) else value


def printed_items(directory: Path, half: str) -> Iterator[Item]:
    """Give the printed invoices of one half of the issuers; a truth that is not known is not there."""
    for item in json.loads((directory / "manifest.json").read_text(encoding="utf-8"))["items"]:
        digest = hashlib.sha256(str(item.get("issuer_group")).encode()).digest()
        if item["kind"] != "invoice_pdf" or half != ("dev" if digest[0] % 2 else "check"):
            continue
        printed = item.get("printed_truth")
        truth = {**item["truth"], **(printed or {})}
        shown = {} if printed else item.get("printed_check", {})
        known = {
            name: truth[key]
            for name, key in FROM_DATA.items()
            if key in truth and shown.get(key) is not False
        }
        yield (
            directory / (item.get("file_without_xml") or item["file"]),
            f"issuer {item.get('issuer_group')}",
            known,
        )


def load(items: Sequence[Item], options: argparse.Namespace) -> list[Read]:
    """Give family, truth and features of each file; what was read before comes from the cache."""
    cache = options.cache
    cache.mkdir(parents=True, exist_ok=True)
    code = (
        options.label
        or hashlib.sha256(
            b"".join(f.read_bytes() for f in sorted(PAGE.glob("*.py")) if f.name not in _NOT_FEATURES)
        ).hexdigest()[:12]
    )
    where = {path: cache / f"{_name(code, path)}.pickle" for path, *_ in items}
    missing = [path for path, kept in where.items() if not kept.exists()]
    with ProcessPoolExecutor(options.jobs) as pool:
        for path, kinds in zip(missing, pool.map(featured, missing, chunksize=4), strict=True):
            where[path].write_bytes(pickle.dumps(kinds))
    kept = {path: pickle.loads(file.read_bytes()) for path, file in where.items()}  # noqa: S301 - written above
    return [(family, truth, kept[path], str(path)) for path, family, truth in items if kept[path] is not None]


def _name(code: str, path: Path) -> str:
    return hashlib.sha256(f"{code}{path}{path.stat().st_mtime_ns}".encode()).hexdigest()[:24]


class Table:
    """One kind's candidates of all documents, in flat arrays."""

    def __init__(self, documents: Sequence[Read], kind: str, buckets: int) -> None:
        """Lay out the candidates; the first of a document are its fields' absences."""
        self.names = [name for name, of in FIELDS.items() if of == kind]
        rows, groups, sizes, self.first, self.keys = [], [], [], [], []
        for _, _, kinds, _ in documents:
            keys, said, absent = kinds[kind]
            self.first.append(len(sizes))
            if kind == "numbers":
                keys = [k.lstrip("# ") for k in keys]
            self.keys.append([f"absent {name}" for name in self.names] + keys)
            for hashes, sorts in (*(absent[name] for name in self.names), *said):
                rows.append(hashes % buckets)
                groups.append(sorts)
                sizes.append(len(hashes))
        self.index = np.concatenate(rows).astype(np.int64)
        self.groups = np.concatenate(groups)
        self.sizes = np.array(sizes)
        self.starts = np.concatenate([[0], np.cumsum(self.sizes)[:-1]])
        self.first.append(len(sizes))
        self.targets = self._targets(documents)

    def _targets(self, documents: Sequence[Read]) -> dict[str, list[Array | None]]:
        """Give for each field and document which of its candidates are true; None where nothing is known."""
        targets = {}
        for column, name in enumerate(self.names):
            rows = []
            for (_, truth, _, _), keys in zip(documents, self.keys, strict=True):
                right = None
                if name in truth:
                    wanted = None if truth[name] is None else key_of(name, truth[name])
                    right = np.array([k == wanted for k in keys])
                    if wanted is None or (not right.any() and wanted == "0.00"):
                        right = np.arange(len(keys)) == column
                rows.append(right if right is not None and right.any() else None)
            targets[name] = rows
        return targets

    def scores(self, weights: Array, document: int, keep: Array | None = None) -> tuple[Array, Array]:
        """Give the scores of a document's candidates for every field."""
        first, last = self.first[document], self.first[document + 1]
        begin = self.starts[first]
        end = self.starts[last] if last < len(self.starts) else len(self.index)
        index = self.index[begin:end]
        found = weights[index]
        if keep is not None:
            found = found * keep[:, None]
        return np.add.reduceat(found, self.starts[first:last] - begin, axis=0), index


def averaged(tables: Mapping[str, Scaled], other: Path) -> dict[str, Scaled]:
    """Give the mean of weights and those of another file, trained on other documents."""
    before = unpack(other.read_bytes())
    made = {}
    for name, (scale, table) in tables.items():
        mean = (np.array(table) * scale + np.array(before.tables[name])) / 2
        fine = round(float(np.abs(mean).max()) / 127, 6) or 1.0
        made[name] = (fine, np.rint(mean / fine).clip(-127, 127).astype(int).tolist())
    return made


def allowed(table: Table, document: int, column: int) -> Array:
    """Tell which rows may be a field's: all candidates and its own absence."""
    count = len(table.keys[document])
    mask = np.ones(count, bool)
    mask[: len(table.names)] = False
    mask[column] = True
    return mask


def train(
    table: Table, documents: Sequence[Read], options: argparse.Namespace, rng: np.random.Generator
) -> Array:
    """Fit the weights of one kind by Adam over documents, some features dropped each time."""
    families = Counter(family for family, *_ in documents)
    shape = options.buckets, len(table.names)
    weights, mean, square = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    share = np.array([1 / families[family] ** options.even for family, *_ in documents])
    share /= share.mean()
    step = 0
    for epoch in range(options.epochs):
        order = rng.permutation(len(documents))
        rate = options.rate * 0.5 * (1 + np.cos(np.pi * epoch / options.epochs))
        for at in range(0, len(order), options.batch):
            gradient = np.zeros(shape)
            for document in order[at : at + options.batch]:
                gradient += share[document] * slope(table, weights, document, options, rng)
            gradient = gradient / options.batch + options.decay * weights
            step += 1
            mean = 0.9 * mean + 0.1 * gradient
            square = 0.99 * square + 0.01 * gradient**2
            weights -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-6)
    return weights


def slope(
    table: Table, weights: Array, document: int, options: argparse.Namespace, rng: np.random.Generator
) -> Array:
    """Give the slope of the loss at one document, some of its features dropped."""
    first, last = table.first[document], table.first[document + 1]
    begin = table.starts[first]
    end = table.starts[last] if last < len(table.starts) else len(table.index)
    sizes, groups = table.sizes[first:last], table.groups[begin:end]
    keep = rng.random(len(groups)) > options.drop
    for group, chance in ((1, options.drop_labels), (2, options.drop_words)):
        gone = np.repeat(rng.random(len(sizes)) < chance, sizes) | (rng.random() < chance / 2)
        keep &= ~(gone & (groups == group))
    keep &= ~((groups == 3) & (options.no_rules or rng.random() < options.drop_rules))
    scores, index = table.scores(weights, document, keep)
    back = np.zeros_like(scores)
    for column, name in enumerate(table.names):
        right = table.targets[name][document]
        if right is None:
            continue
        shown = np.where(allowed(table, document, column), scores[:, column], -1e9)
        likely = np.exp(shown - shown.max())
        likely /= likely.sum()
        true = np.where(right, likely, 0.0)
        back[:, column] = likely - true / max(true.sum(), 1e-12)
    spread = np.repeat(back, sizes, axis=0) * keep[:, None]
    made = np.zeros_like(weights)
    for column in range(spread.shape[1]):
        made[:, column] = np.bincount(index, weights=spread[:, column], minlength=len(weights))
    return made


def told(
    table: Table, documents: Sequence[Read], weights: Array, title: str, options: argparse.Namespace
) -> None:
    """Print how often the likeliest value is right, by family."""
    for column, name in enumerate(table.names):
        right, sure = defaultdict(list), 0
        for document, (family, *_rest) in enumerate(documents):
            target = table.targets[name][document]
            if target is None:
                continue
            keep = None
            if options.no_rules:
                first, last = table.first[document], table.first[document + 1]
                begin = table.starts[first]
                end = table.starts[last] if last < len(table.starts) else len(table.index)
                keep = table.groups[begin:end] != 3
            scores = table.scores(weights, document, keep)[0][:, column]
            scores = np.where(allowed(table, document, column), scores, -1e9)
            mass = defaultdict(float)
            for key, value in zip(table.keys[document], np.exp(scores - scores.max()), strict=True):
                mass[key] += value
            best = max(mass, key=mass.get)
            wanted = table.keys[document][int(np.argmax(target))]
            right[family].append(best == wanted)
            sure += 1
        if sure:
            rates = {family: sum(r) / len(r) for family, r in right.items()}
            worst = sorted(rates.items(), key=lambda r: r[1])[:3]
            print(f"  {title} {name:<18} {100 * np.mean(list(rates.values())):5.1f} % of {sure}; worst "
                  + ", ".join(f"{family} {100 * rate:.0f}" for family, rate in worst))  # fmt: skip


def main() -> int:
    """Read, train, tell and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--drawn", type=Path, nargs="*", default=[])
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    parser.add_argument("--tune", type=Path, nargs="*", default=[])
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--beside", type=Path, help="weights with which the mean is taken")
    parser.add_argument("--seed", type=int, default=7)
    for name, value in (("buckets", 8192), ("epochs", 12), ("batch", 16), ("jobs", 2)):
        parser.add_argument(f"--{name}", type=int, default=value)
    rates = {"rate": 0.03, "decay": 1e-3, "even": 1.0}
    drops = {"drop": 0.1, "drop-labels": 0.15, "drop-words": 0.15, "drop-rules": 0.3}
    for name, share in (rates | drops).items():
        parser.add_argument(f"--{name}", type=float, default=share)
    parser.add_argument("--label", help="of the cache; else a hash of the code that makes the features")
    parser.add_argument("--no-rules", action="store_true", help="do without what the rules chose")
    parser.add_argument("--kinds", nargs="*", default=KINDS)
    options = parser.parse_args()
    learn = [item for d in options.drawn for item in drawn_items(d)]
    learn += [item for d in options.data for item in printed_items(d, "dev")]
    others = [item for d in options.data for item in printed_items(d, "check")]
    sets = {"learn": load(learn, options), "check": load(others, options)}
    if options.tune:
        sets["tune"] = load([item for d in options.tune for item in drawn_items(d)], options)
    print({title: len(documents) for title, documents in sets.items()}, flush=True)
    tables = {}
    for kind in options.kinds:
        table = Table(sets["learn"], kind, options.buckets)
        weights = train(table, sets["learn"], options, np.random.default_rng(options.seed))
        for column, name in enumerate(table.names):
            scale = float(np.abs(weights[:, column]).max()) / 127 or 1.0
            tables[name] = (
                round(scale, 6),
                np.rint(weights[:, column] / round(scale, 6)).clip(-127, 127).astype(int).tolist(),
            )
        packed = np.stack([np.array(tables[n][1]) * tables[n][0] for n in table.names], axis=1)
        for title, documents in sets.items():
            if documents:
                told(Table(documents, kind, options.buckets), documents, packed, title, options)
        sys.stdout.flush()
    if set(options.kinds) == set(KINDS):
        names = {name: tables[name] for name in FIELDS}
        if options.beside:
            names = averaged(names, options.beside)
        options.out.write_bytes(pack(options.buckets, names, {"documents": len(sets["learn"])}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
