"""Names of models in a recipe and in ``smeflow.toml``: checked where they stand, connected only by a run."""

from typing import Annotated

from pydantic import AfterValidator

from smeflow.errors import LLMRejected


def known_names(names: str) -> str:
    """Refuse a name, or one of several with commas between, that no model can have.

    Raises:
        ValueError: There is no such provider; a `Phrase` says which is like it.
    """
    from smeflow.llm.connect import check_name

    try:
        for name in names.split(","):
            if name.strip():
                check_name(name.strip())
    except LLMRejected as error:
        raise ValueError(error.phrase) from None
    return names


ModelName = Annotated[str, AfterValidator(known_names)]
"""The name of a model, or of a provider."""
ModelNames = ModelName
"""One, or several with commas between."""
