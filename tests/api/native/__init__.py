"""Outdial's own API."""
