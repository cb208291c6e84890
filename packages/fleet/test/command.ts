import type { TestContext } from 'node:test';
import type { Plan } from '@watchbill/fleet/file';
import { type Command, type CommandRan, startCommand } from '@watchbill/testkit/command';

const OPERATOR_TIMEOUT_MS = 300_000;

/** An operator: a folder with a network file, and `watchbill fleet` as processes. `reach`: flags of each. */
export function operatorIn(context: TestContext, folder: string, reach: readonly string[]) {
  const fleet = (args: readonly string[], input = ''): Command => {
    const options = { timeoutMs: OPERATOR_TIMEOUT_MS, input };
    const started = startCommand(folder, ['fleet', ...args, ...reach], options);
    context.after(() => started.child.kill('SIGKILL'));
    return started;
  };
  const run = (...args: readonly string[]): Promise<CommandRan> => fleet(args).ended;
  const plan = async (...args: readonly string[]): Promise<Plan> => {
    const { out } = await run('plan', '--json', ...args);
    return (JSON.parse(out) as { readonly plan: Plan }).plan;
  };
  return { folder, start: fleet, run, plan };
}
