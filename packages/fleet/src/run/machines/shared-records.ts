import { createHash } from 'node:crypto';
import { shellWord } from '@watchbill/kit/ssh';
import type { ReadRecord, RecordName, SharedRecords, WrittenRecord } from '../apply/shared-records.ts';
import { failureOf } from './failure.ts';
import { knownOf } from './look.ts';
import { recordFolder, wrapped } from './script.ts';
import type { RunScript } from './ssh.ts';

/** Until another script of this folder ends; each takes milliseconds. */
const GUARD_WAIT_S = 20;

/**
 * The shared records of a network on a machine: files in `/var/lib/watchbill-fleet/NETWORK/shared`. A script
 * compares and replaces a file while it holds `flock` on `guard`.
 */
export function machineRecords(run: RunScript, folder: string): SharedRecords {
  return {
    read: async (name, signal): Promise<ReadRecord> => {
      const ran = await run(readScript(folder, name), signal);
      const failed = failureOf(ran);
      if (failed !== null || ran.kind !== 'ended') return { ok: false, ...knownOf(failed) };
      const answer = ran.out.trim();
      if (answer === 'none') return { ok: true, record: null };
      const [start, text = ''] = answer.split(' ');
      if (start !== 'record')
        return { ok: false, reason: 'unreachable', detail: 'the answer of the machine cannot be read' };
      return { ok: true, record: recordOf(Buffer.from(text, 'base64').toString('utf8')) };
    },
    write: async (name, text, version, signal): Promise<WrittenRecord> => {
      const ran = await run(writeScript(folder, name, text, version), signal);
      if (ran.kind !== 'ended') return { outcome: ran.kind, detail: ran.detail };
      const answer = ran.out.trim();
      if (ran.code === 0 && answer === 'done') return { outcome: 'done', version: recordOf(text).version };
      if (ran.code === 0 && answer === 'changed')
        return { outcome: 'changed', detail: `${name} was changed` };
      return { outcome: 'unknown', detail: ran.err.trim() || `the script ended with ${ran.code}` };
    },
  };
}

export function sharedFolder(network: string): string {
  return `${recordFolder(network)}/shared`;
}

function recordOf(text: string) {
  return { text, version: createHash('sha256').update(text).digest('hex') };
}

function readScript(folder: string, name: RecordName): string {
  const file = shellWord(`${folder}/${name}`);
  return `[ -f ${file} ] || { echo none; exit 0; }
printf 'record '; base64 -w0 < ${file}; echo`;
}

/** The file is replaced as a whole, and is on disk before its folder names it. */
function writeScript(folder: string, name: RecordName, text: string, version: string | null): string {
  const file = shellWord(`${folder}/${name}`);
  return `install -d -m 0755 -- ${shellWord(folder)}
exec 9>> ${shellWord(`${folder}/guard`)}
flock -w ${GUARD_WAIT_S} 9
have=none
if [ -f ${file} ]; then have=$(sha256sum < ${file} | cut -c1-64); fi
[ "$have" = ${shellWord(version ?? 'none')} ] || { echo changed; exit 0; }
base64 -d > ${file}.new <<'EOF'
${wrapped(text)}
EOF
sync -- ${file}.new
mv -T -- ${file}.new ${file}
sync -- ${shellWord(folder)}
echo done`;
}
