/// Makes run_probe_other differ from run_probe, of which it has all the rest.
int other_program() { return 1; }
