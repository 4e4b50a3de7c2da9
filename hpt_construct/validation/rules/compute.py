"""The rules for instances, times and spot capacity."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from hpt_construct.built_in_images import is_built_in
from hpt_construct.errors import show
from hpt_construct.tokens import is_token
from hpt_construct.validation.problem import Problem

from .rule import (
    DEFAULT_RUNTIME,
    Level,
    Place,
    Rule,
    each_built_in,
    each_channel,
    each_definition,
    keeps_checkpoints,
    repeated,
    scope,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

RESOURCES = ("ResourceConfig", "HyperParameterTuningResourceConfig")
_INSTANCE_LISTS = ("InstanceGroups", "InstancePreferences", "InstanceConfigs")
_SPOT = "EnableManagedSpotTraining"
_RUNTIME = ("StoppingCondition", "MaxRuntimeInSeconds")
_WAIT = ("StoppingCondition", "MaxWaitTimeInSeconds")
_PENDING = ("StoppingCondition", "MaxPendingTimeInSeconds")
_GROUP_NAMES = ("DataSource", "S3DataSource", "InstanceGroupNames")

_LONGEST_RUNTIME = 28 * 24 * 3600
_LONGEST_WAIT_WITHOUT_CHECKPOINTS = 3600

# "You can't request a VolumeKmsKeyId when using an instance type with local storage." Which families have some is on
# https://docs.aws.amazon.com/ec2/latest/instancetypes/. What is in neither set is not checked.
# fmt: off
_LOCAL_STORAGE = frozenset({
    "g4dn", "g5", "g6", "g6e", "g7", "g7e", "p3dn", "p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300",
    "p6e-gb200", "r5d", "trn1", "trn1n", "trn2",
})
_NO_STORAGE = frozenset({
    "c4", "c5", "c5n", "c6i", "c7i", "c7i-flex", "c8i", "c8i-flex", "m4", "m5", "m6i", "m7i", "m7i-flex", "m8i",
    "m8i-flex", "p2", "p3", "r5", "r6i", "r7i", "r8i", "r8i-flex", "t3",
})
# fmt: on

# "takes effect only for jobs that request accelerated computing instance types, such as instances in the ml.p, ml.g,
# and ml.trn families"
_ACCELERATED = ("ml.p", "ml.g", "ml.trn", "ml.inf")


@scope
def _each_resource(request: Place) -> Iterator[tuple[Place]]:
    for _, definition in each_definition(request):
        yield from ((Place(value, definition.at(name)),) for name, value in definition.given(*RESOURCES))


@scope
def _each_own_resource(request: Place) -> Iterator[tuple[Place, Place]]:
    for _, definition in each_definition(request):
        for name, value in definition.given("ResourceConfig"):
            yield definition, Place(value, definition.at(name))


@scope
def _each_tuning_resource(request: Place) -> Iterator[tuple[Place]]:
    for _, definition in each_definition(request):
        yield from ((Place(value, definition.at(name)),) for name, value in definition.given(RESOURCES[1]))


def instances(resource: Place) -> Iterator[Place]:
    """Yield every known place in a resource configuration that requests instances."""
    yield resource
    for name in _INSTANCE_LISTS:
        yield from resource.known(name)


@scope
def _each_counted(request: Place) -> Iterator[tuple[Place]]:
    for (resource,) in _each_resource(request):
        yield from ((place,) for place in instances(resource))
        for name, value in resource.given("InstancePlacementConfig"):
            yield from ((place,) for place in Place(value, resource.at(name)).known("PlacementSpecifications"))


def _family(instance_type: str) -> str:
    return instance_type.removeprefix("ml.").partition(".")[0]


def _one_form_of_resource(_: Place, definition: Place) -> Iterator[Problem]:
    given = [name for name in RESOURCES if definition.read(name) is not None]
    if not given:
        message = "missing; say which instances to use, here or in HyperParameterTuningResourceConfig"
        yield Problem(definition.at(RESOURCES[0]), message)
    elif len(given) > 1:
        yield Problem(definition.at(RESOURCES[1]), "given beside ResourceConfig; choose one of the two")


def _configs_or_one_type(resource: Place) -> Iterator[Problem]:
    if resource.read("InstanceConfigs"):
        for name, _ in resource.given("InstanceType", "InstanceCount", "VolumeSizeInGB"):
            yield Problem(resource.at(name), "not allowed beside InstanceConfigs, which each have it; leave it out")
        return
    for name in ("InstanceType", "InstanceCount"):
        # Not read, because a token counts as given.
        if name not in resource.value:
            yield Problem(resource.at(name), "missing; give InstanceType and InstanceCount, or InstanceConfigs")


def _allocation_needs_a_choice(resource: Place) -> Iterator[Problem]:
    if resource.read("AllocationStrategy") is not None and not resource.read("InstanceConfigs"):
        message = "orders InstanceConfigs, and there are none; leave it out, or give InstanceConfigs"
        yield Problem(resource.at("AllocationStrategy"), message)


def _groups_or_one_type(_: Place, resource: Place) -> Iterator[Problem]:
    if resource.read("InstanceGroups"):
        for name, _value in resource.given("InstanceType", "InstanceCount"):
            yield Problem(resource.at(name), "not allowed beside InstanceGroups, which each have it; leave it out")
        return
    if resource.read("InstancePreferences"):
        return
    for name in ("InstanceType", "InstanceCount"):
        if name not in resource.value:
            message = "missing; give InstanceType and InstanceCount, InstanceGroups, or InstancePreferences"
            yield Problem(resource.at(name), message)


def _group_names_are_unique(_: Place, resource: Place) -> Iterator[Problem]:
    groups = resource.known("InstanceGroups")
    names = ((name, group.at("InstanceGroupName")) for group in groups for _, name in group.given("InstanceGroupName"))
    for name, path in repeated(names):
        yield Problem(path, f"got {show(name)} again, must be unique among InstanceGroups; choose another")


def _channel_names_groups(definition: Place, channel: Place) -> Iterator[Problem]:
    wanted = channel.read(*_GROUP_NAMES) or ()
    groups = [group.read("InstanceGroupName") for group in definition.every("ResourceConfig", "InstanceGroups")]
    known = ", ".join(map(show, groups))
    for nth, name in enumerate(wanted):
        if groups and name not in groups and not is_token(name):
            message = f"got {show(name)}, must be one of InstanceGroups ({known}); correct it, or leave it out"
            yield Problem(channel.at(*_GROUP_NAMES, nth), message)


def _named_groups_exist(definition: Place, channel: Place) -> Iterator[Problem]:
    # SageMaker creates such a job: https://github.com/hashicorp/terraform-provider-aws/pull/47138
    if channel.read(*_GROUP_NAMES) and not definition.read("ResourceConfig", "InstanceGroups"):
        message = "names instance groups, and there are none; leave it out, or describe the instances as InstanceGroups"
        yield Problem(channel.at(*_GROUP_NAMES), message)


def _preferences_stand_alone(definition: Place, resource: Place) -> Iterator[Problem]:
    if resource.read("InstancePreferences"):
        for name, value in resource.given("InstanceType", "InstanceGroups", "InstancePlacementConfig"):
            if value:
                yield Problem(resource.at(name), "not allowed beside InstancePreferences; choose one of the two")
        for name, value in definition.given(_SPOT):
            if value:
                message = "not allowed with InstancePreferences; turn it off, or name one InstanceType"
                yield Problem(definition.at(name), message)


def _preferred_types_are_unique(_: Place, resource: Place) -> Iterator[Problem]:
    preferences = resource.known("InstancePreferences")
    names = ((name, each.at("InstanceType")) for each in preferences for _, name in each.given("InstanceType"))
    for name, path in repeated(names):
        yield Problem(path, f"got {show(name)} again, a type is preferred once; leave it out")


def _preferences_are_counted_one_way(_: Place, resource: Place) -> Iterator[Problem]:
    # "SageMaker rejects requests that set InstanceCount on only some preferences, that set it both per preference and
    # in ResourceConfig, or that omit it in both places."
    preferences, common = resource.every("InstancePreferences"), resource.read("InstanceCount")
    uncounted = [preference for preference in preferences if preference.read("InstanceCount") is None]
    if common is not None and len(uncounted) < len(preferences):
        message = "given beside counts of InstancePreferences; keep one of the two"
        yield Problem(resource.at("InstanceCount"), message)
    elif common is None:
        for preference in uncounted:
            message = "missing; give it in each of InstancePreferences, or once beside them"
            yield Problem(preference.at("InstanceCount"), message)


def _plans_are_named_one_way(_: Place, resource: Place) -> Iterator[Problem]:
    if resource.read("TrainingPlanArn"):
        for preference in resource.known("InstancePreferences"):
            for name, _value in preference.given("TrainingPlanArns"):
                yield Problem(preference.at(name), "not allowed beside TrainingPlanArn; keep one of the two")


def _local_storage_has_its_own_key(resource: Place) -> Iterator[Problem]:
    if resource.read("VolumeKmsKeyId") and (names := _types_in(resource, _LOCAL_STORAGE)):
        message = f"not allowed with {names}, whose hardware encrypts its local storage; leave it out"
        yield Problem(resource.at("VolumeKmsKeyId"), message)


def _types_in(resource: Place, families: frozenset[str]) -> str:
    """Return, for a message, the requested types that belong to some families; an empty string if there are none."""
    types = [value for place in instances(resource) for _, value in place.given("InstanceType")]
    return ", ".join(dict.fromkeys(str(each) for each in types if _family(each) in families))


def _volume_has_a_size(resource: Place) -> Iterator[Problem]:
    # The API model requires a size in each of InstanceConfigs.
    if resource.read("VolumeSizeInGB") or resource.read("InstanceConfigs"):
        return
    if names := _types_in(resource, _NO_STORAGE):
        message = f"missing or 0, and {names} has no storage of its own; give a size"
        yield Problem(resource.at("VolumeSizeInGB"), message)


def _some_instance(place: Place) -> Iterator[Problem]:
    # The API's minimum is 0; what the service does with 0 instances is not documented.
    if place.read("InstanceCount") == 0:
        yield Problem(place.at("InstanceCount"), "got 0, must be at least 1; raise it")


def _tuning_keeps_warm_itself(_: Place, resource: Place) -> Iterator[Problem]:
    if resource.read("KeepAlivePeriodInSeconds") is not None:
        message = "tuning jobs use warm pools by default, without it; leave it out"
        yield Problem(resource.at("KeepAlivePeriodInSeconds"), message)


def _pending_is_for_accelerators(_: Place, definition: Place) -> Iterator[Problem]:
    if definition.read(*_PENDING) is None:
        return
    resources = [found for name in RESOURCES if (found := definition.below(name)) is not None]
    lists = chain.from_iterable(each.every(name) for each in resources for name in _INSTANCE_LISTS)
    types = [found for place in (*resources, *lists) if (found := place.read("InstanceType")) is not None]
    if types and not any(each.startswith(_ACCELERATED) for each in types):
        names = ", ".join(dict.fromkeys(map(str, types)))
        message = f"has no effect on {names}, only on accelerated types; leave it out"
        yield Problem(definition.at(*_PENDING), message)


def _spot_says_how_long_to_wait(_: Place, definition: Place) -> Iterator[Problem]:
    if definition.read(_SPOT) and definition.read(*_WAIT) is None:
        message = "missing; EnableManagedSpotTraining needs it: MaxRuntimeInSeconds and the time to wait for capacity"
        yield Problem(definition.at(*_WAIT), message)


def _only_spot_waits(_: Place, definition: Place) -> Iterator[Problem]:
    # "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true"
    wait = definition.read(*_WAIT)
    if wait is not None and not definition.read(_SPOT):
        message = f"got {wait}, only allowed with EnableManagedSpotTraining; leave it out, or turn that on"
        yield Problem(definition.at(*_WAIT), message)


def _wait_includes_runtime(_: Place, definition: Place) -> Iterator[Problem]:
    wait, runtime = definition.read(*_WAIT), definition.read(*_RUNTIME)
    least = DEFAULT_RUNTIME if runtime is None else runtime
    if wait is not None and wait < least:
        default = ", its default" if runtime is None else ""
        message = f"got {wait}, must not be less than MaxRuntimeInSeconds ({least}{default})"
        yield Problem(definition.at(*_WAIT), f"{message}; raise it, or lower the runtime")


def _runtime_within_limit(_: Place, definition: Place) -> Iterator[Problem]:
    runtime = definition.read(*_RUNTIME)
    if runtime is not None and runtime > _LONGEST_RUNTIME:
        message = f"got {runtime:,}, must not be more than 28 days ({_LONGEST_RUNTIME:,}); lower it"
        yield Problem(definition.at(*_RUNTIME), message)


def _spot_wait_without_checkpoints(_: Place, definition: Place) -> Iterator[Problem]:
    wait = definition.read(*_WAIT)
    if wait is None or wait <= _LONGEST_WAIT_WITHOUT_CHECKPOINTS or not definition.read(_SPOT):
        return
    if definition.read("CheckpointConfig") is None and _is_ready_made(definition):
        message = f"got {wait:,}, built-in and Marketplace algorithms without checkpoints wait at most 3,600"
        yield Problem(definition.at(*_WAIT), f"{message}; lower it, or give CheckpointConfig")


def _checkpoints_are_kept(_: Place, definition: Place) -> Iterator[Problem]:
    # "If a pre-built algorithm that does not support checkpointing is used in a managed spot training job, SageMaker
    # does not allow a maximum wait time greater than an hour"
    wait = definition.read(*_WAIT)
    if wait is None or wait <= _LONGEST_WAIT_WITHOUT_CHECKPOINTS or not definition.read(_SPOT):
        return
    if definition.read("CheckpointConfig") is not None and not keeps_checkpoints(definition):
        message = f"got {wait:,}, but the algorithm keeps no checkpoints, so it may wait at most 3,600; lower it"
        yield Problem(definition.at(*_WAIT), message)


def _is_ready_made(definition: Place) -> bool:
    if definition.read("AlgorithmSpecification", "AlgorithmName"):
        return True
    return is_built_in(definition.read("AlgorithmSpecification", "TrainingImage") or "")


def _spot_keeps_its_work(_: Place, definition: Place) -> Iterator[Problem]:
    if definition.read(_SPOT) and definition.read("CheckpointConfig") is None and keeps_checkpoints(definition):
        message = "missing; without it, a training job that EnableManagedSpotTraining interrupts starts over; give it"
        yield Problem(definition.at("CheckpointConfig"), message)


_E, _W = Level.ERROR, Level.WARNING

# fmt: off
RULES = (
    Rule("R1", _E, "There is one resource configuration, of either kind", each_definition, _one_form_of_resource),
    Rule("R2", _E, "There are InstanceConfigs, or one type and count", _each_tuning_resource, _configs_or_one_type),
    Rule("R3", _W, "AllocationStrategy is for InstanceConfigs", _each_tuning_resource, _allocation_needs_a_choice),
    Rule("R4", _E, "There are InstanceGroups, or one type and count", _each_own_resource, _groups_or_one_type),
    Rule("R4", _E, "Names of instance groups are unique", _each_own_resource, _group_names_are_unique),
    Rule("R4", _E, "Channels name groups that exist", each_channel, _channel_names_groups),
    Rule("R4", _W, "Channels name groups only if there are some", each_channel, _named_groups_exist),
    Rule("R5", _E, "InstancePreferences exclude other choices", _each_own_resource, _preferences_stand_alone),
    Rule("R5", _E, "Preferred types are unique", _each_own_resource, _preferred_types_are_unique),
    Rule("R5", _E, "All preferences are counted, or none", _each_own_resource, _preferences_are_counted_one_way),
    Rule("R5", _E, "Training plans are named per preference, or once", _each_own_resource, _plans_are_named_one_way),
    Rule("R7", _E, "Types with local storage take no volume key", _each_resource, _local_storage_has_its_own_key),
    Rule("R8", _W, "Types without storage have a volume size", _each_resource, _volume_has_a_size),
    Rule("R9", _W, "There is at least one instance", _each_counted, _some_instance),
    Rule("R10", _W, "Warm pools need no keep-alive period", _each_own_resource, _tuning_keeps_warm_itself),
    Rule("R11", _W, "A pending time is for accelerated types", each_definition, _pending_is_for_accelerators),
    Rule("S1", _E, "Spot capacity needs a wait time", each_definition, _spot_says_how_long_to_wait),
    Rule("S2", _E, "A wait time is for spot capacity only", each_definition, _only_spot_waits),
    Rule("S3", _E, "The wait time includes the runtime", each_definition, _wait_includes_runtime),
    Rule("S4", _E, "A training job takes at most 28 days", each_definition, _runtime_within_limit),
    Rule("S5", _W, "Without checkpoints, spot waits at most an hour", each_definition, _spot_wait_without_checkpoints),
    Rule("S5", _W, "An algorithm without checkpoints waits at most an hour", each_built_in, _checkpoints_are_kept),
    Rule("S6", _W, "Training jobs on spot capacity keep checkpoints", each_definition, _spot_keeps_its_work),
)
# fmt: on
