"""Judgement before: from a plan file to a plan, a prediction, an assessment.

::

    toml_file      any TOML file, with the line of every key
    programs/      a program, a body, a part and a side -> the text of a plan file
    planfile/      plan.toml <-> Plan; unknown keys are errors; JSON schema; template
    files          any file written whole or not at all
    bodies/        the bodies that a plan can name
    basis/         the surface basis of a body, made once and kept on disk
    screening      contraindications asked and answered
    prediction/    Plan -> Prediction, with intervals
    uncertainty/   Plan on many virtual people: intervals, and which input would narrow them
    exposure/      Plan + basis -> ExposureMap: what is received, place by place
    devices/       products on the market: what each gives, compared on one hold; a trace measured
    export/        an exposure in netCDF, NIfTI and VTU; a body in NIfTI, VTU, GLB, STL and CSV
    fields         the arrays behind a prediction that pictures are drawn from
    course/        sittings in the calendar, course files, what adds up, when to stop
    cost           what a course costs, as ranges
    assess         Prediction + Limits -> Assessment
    independent/   the same plan in closed form, beside what was predicted
    judging        one value against one limit, and how a finding says it
    chemistry      what direct current makes of film and skin under each contact
    quantities     every quantity that a limit can speak of, computed from plan and prediction
    proposal/      intent, body and device to the plan that serves best under every limit
    staying        how long direct current of one sign stays at one place
    placement      where probes may not stand
    expectation    what a course may bring, with intervals and a sham twin
    claims/        what is claimed of microcurrent, computed
    found_landmarks  what these rules rest on, on a head whose landmarks were found
    positions      every place that the probes of a step touch
"""
