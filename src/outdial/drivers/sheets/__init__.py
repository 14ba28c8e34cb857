"""Spreadsheets read into rows of text."""
