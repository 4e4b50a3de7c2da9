"""The function behind ``Custom::SageMakerHyperParameterTuningJob``: an event in, exactly one answer out.

Python compiles it at every cold start, Lambda's disk being read-only. So its values are named tuples: a dataclass would
have its methods compiled on top.
"""
