import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { AgendaItem } from '../../quorum/group.ts';
import type { Value } from '../../quorum/messages.ts';
import { HAND_OVER } from '../../quorum/self.ts';
import { answered, refused, VALID } from '../answers.ts';
import { bytesOfRecord, checked, problemOf, recordOfBytes } from '../content.ts';
import { envelopeProblem } from '../envelope.ts';
import { filePath, hex } from '../fields.ts';
import type { ActionContext, ActionPlugin } from '../port.ts';
import type { ActionRefusal } from '../refusals.ts';
import { oneLine } from '../text.ts';

const parameters = z.strictObject({});
const settings = z.strictObject({
  /** The hand-over that this operator approved, from `coordinate group hand-over`. */
  successor: filePath.optional(),
});
/** The group that takes over; its id commits to all of it. */
const content = z.strictObject({ group: hex(32), name: z.string() });

type Content = z.infer<typeof content>;

/**
 * Gives the resource of the group to another group for good. A member signs it only if its own operator
 * approved that group, and only while no lease runs; see decision 0029.
 */
export function handOverAction(): ActionPlugin {
  return {
    name: HAND_OVER,
    parametersProblem: (text) => problemOf(parameters, text),
    pathSettings: ['successor'],
    settingsProblem: (text) => problemOf(settings, text),
    draft: async (context) => {
      const approved = await approvedBy(context);
      if (approved === null)
        return { kind: 'nothing', why: 'this operator has approved no successor', isUsual: true };
      return { kind: 'content', content: bytesOfRecord(approved) };
    },
    validate: (context, value) =>
      answered(async () => {
        const problem = judgeHandOver(context.item, value);
        if (problem !== null) return refused(problem);
        const approved = await approvedBy(context);
        if (approved !== null && Buffer.compare(bytesOfRecord(approved), value.content) === 0) return VALID;
        return refused('not-approved', describe(value));
      }),
    judge: judgeHandOver,
    describe,
    dryRun: async (_context, value) => [`${describe(value)}; afterwards this group never acts again`],
    execute: async ({ certificate }, value) => ({
      action: HAND_OVER,
      result: 'done',
      text: `${describe(value)}; export the certificate: watchbill coordinate certificate export ${certificate.window}`,
      extrinsic: null,
    }),
  };
}

function judgeHandOver(item: AgendaItem, value: Value): ActionRefusal | null {
  return recordOfBytes(content, value.content) === null ? 'malformed' : envelopeProblem(item, value);
}

/** The approved successor; null if there is none. Throws an Error if the file cannot be read. */
async function approvedBy(context: ActionContext): Promise<Content | null> {
  const { successor } = checked(settings, context.settings, 'the settings of hand-over');
  if (successor === undefined) return null;
  const bytes = await readFile(successor).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (bytes === null) return null;
  const read = recordOfBytes(content, bytes);
  if (read === null)
    throw new Error(`${successor} is not an approved hand-over; run \`coordinate group hand-over\` again`);
  return read;
}

function describe({ content: bytes }: Value): string {
  const read = recordOfBytes(content, bytes);
  return read === null ? 'hand-over' : `hand-over to the group ${oneLine(read.name)} ${read.group}`;
}
