"""Check the installation; a line fixes each fault."""

import ferfusion as fer

report = fer.doctor()
print(report[["check", "state", "found"]])
print(report.loc[report["state"] == "fault", "fix"])
