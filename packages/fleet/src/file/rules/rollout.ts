import type { StageSize } from '../network/rollout.ts';
import { problemAt, type Rule } from './context.ts';

/**
 * Stages of one kind rise: a part may be less than a number, and the roll-out skips a stage without
 * additional nodes.
 */
export const stagesRise: Rule = (context) => {
  const stages = context.network.file.rollout?.stages ?? [];
  return stages.flatMap((stage, index) => {
    const earlier = stages.slice(0, index).findLast((one) => typeof one === typeof stage);
    if (earlier === undefined || sizeOf(stage) > sizeOf(earlier)) return [];
    return [
      problemAt(context, ['rollout', 'stages', String(index)], {
        code: 'contradiction',
        what: `stage ${stage} is not more than ${earlier} before it`,
        remedy: 'write stages that rise, such as [1, 50%, 100%]',
      }),
    ];
  });
};

function sizeOf(stage: StageSize): number {
  return typeof stage === 'number' ? stage : Number.parseInt(stage, 10);
}
