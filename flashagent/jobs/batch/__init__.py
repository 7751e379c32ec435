"""Many small jobs over one repository: split a job into items, work on each apart, bring the results together on a branch."""
