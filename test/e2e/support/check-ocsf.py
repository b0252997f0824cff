"""Reads OCSF events from stdin, one JSON line each, and writes one line for each: what the model of a Detection Finding refuses,
and which attributes it does not know, as a JSON list."""
import json
import sys
import typing

from py_ocsf_models.events.findings.detection_finding import DetectionFinding
from pydantic import BaseModel, ValidationError


def models_in(annotation):
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from models_in(inner)


def unknown_in(model, value, path):
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    for name, inner in value.items():
        if name not in fields:
            yield f"unknown {path}{name}"
            continue
        further = next(models_in(fields[name].annotation), None)
        for item in inner if isinstance(inner, list) else [inner]:
            if further is not None and isinstance(item, dict):
                yield from unknown_in(further, item, f"{path}{name}.")


for line in sys.stdin:
    event = json.loads(line)
    try:
        DetectionFinding.model_validate(event)
        refused = []
    except ValidationError as error:
        refused = [f"refused {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
    print(json.dumps(refused + sorted(set(unknown_in(DetectionFinding, event, "")))))
