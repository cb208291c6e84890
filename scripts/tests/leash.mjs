// Loaded before files of tests: when the runner is gone, even by SIGKILL, the process of the tests ends
// with its group.

const LOOK_EVERY_MS = 500;
const runner = process.ppid;

setInterval(() => {
  // The runner starts each test process as the leader of a group.
  if (process.ppid !== runner) process.kill(-process.pid, 'SIGKILL');
}, LOOK_EVERY_MS).unref();
