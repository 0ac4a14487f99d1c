"""What is written down about the metrics: their page in the docs, and the dashboards. Made from the code."""
