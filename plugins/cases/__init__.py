"""案件 cases: one matter from first report to last word."""
