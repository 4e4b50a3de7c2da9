"""The function behind ``Custom::SageMakerHyperParameterTuningJob``: an event in, exactly one answer out.

Python compiles it at every cold start, because Lambda's disk is read-only. Its values are therefore named tuples: a
dataclass would need its methods compiled too.
"""
