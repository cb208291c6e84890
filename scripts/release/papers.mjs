import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = /watchbill-[a-z-]*VERSION[\w.-]*/g;

/** The section of a version in the changelog, or what is not released yet. */
export function notesOf(changelog, version) {
  const sections = changelog.split(/^## /m).slice(1);
  const of = (name) =>
    sections.find((section) => section.startsWith(name) || section.startsWith(`[${name}]`));
  const section = of(version) ?? of('Unreleased');
  if (section === undefined) throw new Error(`CHANGELOG.md has no section for ${version}`);
  return `# watchbill ${version}${section.slice(section.indexOf('\n'))}`.trimEnd().concat('\n');
}

/** The page of the release, without the lines about files that this release does not have. */
export function guideOf(template, { version, processor, files }) {
  const filled = (text) => text.replaceAll('PROCESSOR', processor).replaceAll(/VERSION\b/g, version);
  const isThere = (name) => files.some((file) => file.startsWith(filled(name)));
  const lines = template.split('\n');
  return filled(lines.filter((line) => (line.match(FILE) ?? []).every(isThere)).join('\n'));
}

/** The newest version of the C library that an executable asks for, so the oldest one that runs it. */
export function oldestGlibc(executable) {
  const versions = executable.toString('latin1').match(/GLIBC_2[.]\d+/g) ?? [];
  return versions.map((name) => Number(name.slice('GLIBC_2.'.length))).reduce((a, b) => Math.max(a, b), 0);
}

/** Markdown: what each executable holds and needs, and whether it was run here. */
export function versionsOf(executables, { version, commit, node }) {
  const rows = executables.map(
    ({ name, target, glibc, size, wasRun }) =>
      `| \`${name}\` | ${target} | glibc 2.${glibc} | ${(size / 1e6).toFixed(1)} MB | ${wasRun ? 'yes' : 'no'} |`,
  );
  return `# Versions of watchbill ${version}

Commit ${commit}, Node ${node}.

| file | system | oldest C library | size | run by the build |
|---|---|---|---|---|
${rows.join('\n')}

glibc 2.28 is in Debian 10, Ubuntu 18.10 and RHEL 8, and in all later ones. See it yourself:
\`grep -aoE 'GLIBC_2[.][0-9]+' FILE | sort -uV | tail -1\`. The npm packages need Node 22.18 or later, 24, or 26.
`;
}

/** https://slsa.dev/spec/v1.0/provenance in a statement of in-toto. No time and place: builds are equal. */
export function provenanceOf(subjects, { home, commit, lock, nodes }) {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: Object.entries(subjects).map(([name, sha256]) => ({ name, digest: { sha256 } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: `${home}#npm-run-release`,
        externalParameters: { command: 'npm run release', commit },
        resolvedDependencies: [
          { uri: `${home}#commit`, digest: { gitCommit: commit } },
          { uri: `${home}#package-lock.json`, digest: { sha256: lock } },
          ...nodes.map(({ name, version, sha512 }) => ({
            uri: `pkg:npm/${name}@${version}`,
            digest: { sha512 },
          })),
        ],
      },
      runDetails: { builder: { id: `${home}#scripts/release` } },
    },
  };
}

/** The sha256 of each file of a folder, in the order of their names. */
export function sumsOf(folder) {
  const digest = (name) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, digest(name)]),
  );
}

/** The format of `sha256sum --check`. */
export function sumsText(sums) {
  return Object.entries(sums)
    .map(([name, digest]) => `${digest}  ${name}\n`)
    .join('');
}
