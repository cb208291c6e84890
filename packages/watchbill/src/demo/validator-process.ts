import { validatorMain } from './validator.ts';

/**
 * Entry of a validator process when the demonstration runs from its sources: starts without the whole
 * command.
 */
await validatorMain(process.argv[2] ?? '');
