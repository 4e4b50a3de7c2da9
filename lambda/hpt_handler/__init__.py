"""The function behind ``Custom::SageMakerHyperParameterTuningJob``: an event in, exactly one answer out."""
