export { shellWord } from './shell-word.ts';
export { type SshEnd, type SshHost, type SshRun, ssh, sshOptions } from './ssh.ts';
