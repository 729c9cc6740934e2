"""Reports as pages: charts, HTML, PDF, word processor, Markdown and a spreadsheet with the proofs."""
