# The project's own SMTP sink, for measuring and for runs with faults.

$(eval $(call LIBRARY,tests/sink))
$(eval $(call PROGRAM,$(B)/tests/sink,tests/sink/main.c,tests/sink base))
FORMATTED += $(wildcard tests/sink/*.[ch])
system: $(B)/tests/sink
