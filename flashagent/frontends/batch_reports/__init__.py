"""Reports of a batch as files: JUnit XML and SARIF for other programs, one HTML page for people."""
