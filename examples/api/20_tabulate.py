"""A study as long tables for R, SPSS and pandas."""

import ferfusion as fer

tables = fer.tabulate("work/study")
print(tables)
print(tables.videos.groupby(["variant", "seed"])["correct"].agg(["size", "mean"]))
print(tables.save("work/tables"))
