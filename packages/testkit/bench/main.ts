import { messageOf } from '@watchbill/kit';
import { BENCHES } from './benches.ts';
import { helpText, readOptions } from './options.ts';
import { printReport } from './report.ts';
import { saveReport } from './saved.ts';
import { Interrupted, type OnceAbandoned, onStage } from './stage.ts';

const INTERRUPTED = 130;

/** Run the bench that the arguments name; answers the exit code. */
export async function main(args: readonly string[], onceAbandoned: OnceAbandoned): Promise<number> {
  const names = Object.keys(BENCHES);
  const options = readOptions(args, names);
  const help = helpText(names.map((name) => [name, BENCHES[name]?.[1] ?? '']));
  if (options === 'help') {
    process.stdout.write(`${help}\n`);
    return 0;
  }
  if ('problem' in options) {
    process.stderr.write(`${options.problem}\n\n${help}\n`);
    return 2;
  }
  try {
    const { machine, report } = await onStage(async (stage) => {
      const [measure] = BENCHES[options.bench] ?? [];
      if (measure === undefined) throw new Error(`qed: ${options.bench} is a bench`);
      const report = await measure(stage, options);
      return { machine: stage.machine, report };
    }, onceAbandoned);
    if (options.save)
      process.stderr.write(
        `wrote ${saveReport(options.bench, machine, report)}; make the page with: npm run generate\n`,
      );
    return printReport(report, machine, options.json);
  } catch (error) {
    process.stderr.write(`bench ${options.bench}: ${messageOf(error)}\n`);
    return error instanceof Interrupted ? INTERRUPTED : 1;
  }
}
