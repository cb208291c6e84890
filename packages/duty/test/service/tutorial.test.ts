import { test } from 'node:test';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { followTutorial } from '@watchbill/testkit/pages/tutorial';

const folder = leaveNothing('tutorial-zsh');

test('the commands of the tutorial print what it shows, under zsh', () => followTutorial(folder, 'zsh'));
