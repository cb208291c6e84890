import { basename, resolve } from 'node:path';
import { Fault, type Problem, usageFault } from '@watchbill/kit';
import { shapeProblemsOf } from '@watchbill/kit/command/document';
import { readText } from '@watchbill/kit/command/input-file';
import type { Io } from '@watchbill/kit/command/io';
import { inWords } from '@watchbill/kit/command/shape-words';
import { readYaml } from '@watchbill/kit/command/yaml-file';
import type { PolicyDocument } from '../../service/index.ts';

const HELP = 'write what belongs here; `watchbill policy apply --help` shows a whole document';

/**
 * Reads a policy document (YAML or JSON) and checks it. Throws everything that is wrong at once, with line
 * numbers.
 */
export async function readPolicyDocument(io: Io, path: string): Promise<PolicyDocument> {
  const isInput = path === '-';
  const [file, source] = isInput ? (['standard input', 0] as const) : [basename(path), resolve(io.cwd, path)];
  const yaml = readYaml(readText(source, { missing: 'name an existing YAML or JSON file' }), file);
  if (yaml.problems.some(({ what }) => what.includes('multiple documents')))
    throw usageFault(
      'the file holds several documents, and this command applies one at a time',
      'put each into a separate file: `watchbill policy show --key KEY > policy.yaml`',
      file,
    );
  if (yaml.problems.length > 0) throw new Fault('invalid-policy', 'usage', yaml.problems);
  // Loaded here and not above, so that the commands that need none of it start fast.
  const { parsePolicy, policyDocument } = await import('../../service/index.ts');
  const shaped = policyDocument.safeParse(yaml.value ?? {}, { error: inWords });
  if (!shaped.success)
    throw new Fault(
      'invalid-policy',
      'usage',
      shapeProblemsOf(shaped.error, policyDocument, { yaml, file, help: HELP }),
    );
  const parsed = parsePolicy(yaml.value);
  if (parsed.ok) return parsed.document;
  const problems = parsed.problems.map(({ path: field, message, remedy }): Problem => {
    const { line, column } = yaml.positionOf(field === '' ? [] : field.split('.'));
    const what = `${field === '' ? 'the document' : field}: ${message}`;
    return { what, where: `${file}:${line}:${column}`, remedy };
  });
  throw new Fault('invalid-policy', 'usage', problems);
}
