#!/bin/sh
# A study as long tables for R, SPSS and pandas
set -e
ferfusion tabulate work/study work/tables
