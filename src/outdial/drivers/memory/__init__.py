"""A store in the memory of one process, with the bus and the voice that go with it: for the simulation, and for whoever
wants to see the engine work without a database. Nothing of it outlives the process."""
