"""What files that are checked by pydantic say of their modality: models, and data sets in project files."""

from typing import Annotated, Any

from pydantic import (
    AliasChoices,
    BaseModel,
    Field,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
)

from tl_core.modalities import registry

ReadBy = Annotated[
    SerializeAsAny[BaseModel] | None,
    Field(
        validation_alias=AliasChoices(
            "read_by", *(modality.read_by_key for modality in registry.MODALITIES)
        )
    ),
]
"""By what files are read, see `Modality.read_by`; a file names it as the modality does."""


class OfModality(BaseModel):
    """A file with a `modality`; its subclass says where `read_by: ReadBy` stands in it."""

    modality: registry.Name = registry.USUAL.name

    @field_validator("read_by", mode="plain", check_fields=False)
    @classmethod
    def _as_its_modality_has_it(cls, told: Any, info: ValidationInfo) -> BaseModel | None:
        if told is None or isinstance(told, BaseModel):
            return told
        modality = registry.of_details(info.data)
        try:
            return modality.reading({modality.read_by_key: told})
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise ValueError(first["msg"].removeprefix("Value error, ")) from error

    @model_serializer(mode="wrap")
    def _as_files_name_it(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        key = registry.of(self).read_by_key
        return {key if name == "read_by" else name: told for name, told in handler(self).items()}
