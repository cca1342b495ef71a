"""Judgement before: from a plan file to a plan, a prediction, an assessment.

::

    toml_file      any TOML file, with the line of every key
    planfile/      plan.toml <-> Plan; unknown keys are errors; JSON schema; template
    bodies         the bodies that a plan can name
    screening      contraindications asked and answered
    predict        Plan -> Prediction, with intervals
    placement      where probes may not stand
    assess         Prediction + Limits -> Assessment
    approve        who agrees to exactly this plan
    fields         the arrays that pictures are drawn from
"""
