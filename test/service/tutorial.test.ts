import { test } from 'node:test';
import { leaveNothing } from '../support/leave-nothing.ts';
import { followTutorial } from '../support/tutorial.ts';

const folder = leaveNothing('tutorial-zsh');

test('the commands of the tutorial print what it shows, under zsh', () => followTutorial(folder, 'zsh'));
