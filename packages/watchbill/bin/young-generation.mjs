// Limits the memory of a command that runs for months. V8 lets its young generation grow to 32 MB while the
// command starts, keeps it, and takes a limit only from the command line of Node.

/** Commands that run until they are stopped, in words. */
const LASTING = new Set(['serve', 'observe', 'guard run']);
/**
 * Twice 4 MB of young generation: 17 MB less while idle. One thread for collector and compiler instead of
 * four: 3 MB less. A limit of how far the heap may grow before a full collection costs a loaded service up to
 * 1.9 times the processor, and saves an idle one nothing.
 */
const LIMITS = ['--max-semi-space-size=4', '--v8-pool-size=1'];
/** A guard decides four times a second and does little else: 12 MB less than with 4 MB. */
const LIMITS_OF_GUARD = ['--max-semi-space-size=1', '--optimize-for-size', '--v8-pool-size=1'];
/**
 * 11 MB less: the optimising compilers are not loaded. A guard takes the same processor without them, but a
 * passphrase (scrypt) takes minutes in place of two seconds.
 */
const UNOPTIMISED = ['--no-opt', '--no-maglev'];

/**
 * Whether the command of this command line runs until it is stopped.
 *
 * @param {readonly string[]} argv as `process.argv`
 */
export function isLasting([, , command, subcommand]) {
  return LASTING.has(command) || LASTING.has(`${command} ${subcommand}`);
}

/**
 * Starts the same command line once more in the place of this process, with the limit: the same process id,
 * the same open files. Returns if the caller chose a limit, or if Node refuses.
 *
 * @param {Pick<NodeJS.Process, 'argv' | 'execArgv' | 'execPath' | 'env' | 'channel' | 'execve'>} started
 */
export function limitYoungGeneration({ argv, execArgv, execPath, env, channel, execve }) {
  const chosen = `${execArgv.join(' ')} ${env.NODE_OPTIONS ?? ''}`;
  // A channel to the parent does not survive the replacement.
  if (chosen.includes('semi-space-size') || channel || !execve) return;
  try {
    execve(execPath, [execPath, ...execArgv, ...limitsOf(argv), ...argv.slice(1)], env);
  } catch {
    // The permission model of Node: the command runs without the limit.
  }
}

function limitsOf(argv) {
  if (argv[2] !== 'guard') return LIMITS;
  const hasPassphrase = argv.some((word) => word.startsWith('--passphrase-file'));
  return hasPassphrase ? LIMITS_OF_GUARD : [...LIMITS_OF_GUARD, ...UNOPTIMISED];
}
