"""派遣规则: which unit a case goes to, and who is on duty there."""
