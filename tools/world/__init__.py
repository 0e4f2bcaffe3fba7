"""world: real processes on loopback, for the quickstart and the scenario tests.

An actor is a process that can be started, awaited, paused, killed and stopped. Standard library
only.
"""
