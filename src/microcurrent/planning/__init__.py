"""Judgement before: from a plan file to a plan, a prediction, an assessment.

::

    toml_file      any TOML file, with the line of every key
    planfile/      plan.toml <-> Plan; unknown keys are errors; JSON schema; template
    files          any file written whole or not at all
    bodies/        the bodies that a plan can name
    basis/         the surface basis of a body, made once and kept on disk
    screening      contraindications asked and answered
    prediction/    Plan -> Prediction, with intervals
    exposure/      Plan + basis -> ExposureMap: what is received, place by place
    export/        an exposure in netCDF, NIfTI and VTU; a body in NIfTI, VTU, GLB, STL and CSV
    fields         the arrays behind a prediction that pictures are drawn from
    assess         Prediction + Limits -> Assessment
    judging        one value against one limit, and how a finding says it
    quantities     every quantity that a limit can speak of, computed from plan and prediction
    placement      where probes may not stand
    found_landmarks  what these rules rest on, on a head whose landmarks were found
    positions      every place that the probes of a step touch
"""
