import type { RunEvent } from '../../src/engine/events.ts';
import { noCounts } from '../../src/model/result.ts';
import type { BrowserEvent } from '../../src/tui/browser.ts';
import type { Place } from '../../src/tui/page.ts';
import type { Key } from '../../src/tui/view.ts';
import { at, failed, failure, result, run } from './known-world.ts';

/** Something a person may look at, after some keys. */
export interface Screen {
  readonly name: string;
  readonly place: Place;
  /** What came after the first sheet. */
  readonly events?: readonly BrowserEvent[];
  readonly keys?: readonly Key[];
  readonly ownRuns?: readonly string[];
  /** What is to be seen at every size that has room for pages, in characters of ASCII. */
  readonly shows: readonly RegExp[];
  /** How the one line begins where there is no room for pages. */
  readonly line: RegExp;
  /** What is in the line that is marked; undefined where something lies over the rows, or there are none. */
  readonly marks?: RegExp;
  /** The last of what the foot says; undefined: how to quit. */
  readonly out?: RegExp;
}

/** A run: one has ended well, one is under way, one has failed, one waits. */
const told: readonly RunEvent[] = [
  { type: 'run_started', at: at(-36), run, pipelines: ['campaigns', 'contacts', 'budget', 'last'] },
  ...['campaigns', 'contacts', 'budget'].map(
    (pipeline, place): RunEvent => ({
      type: 'pipeline_started',
      at: at(-36),
      pipeline,
      from: `crm.${pipeline}`,
      to: `db.${pipeline}`,
      step: place + 1,
      steps: 4,
    }),
  ),
  { type: 'pipeline_finished', at: at(-35), pipeline: 'campaigns', result: result({ read: 9021 }) },
  {
    type: 'progress',
    at: at(-20),
    pipeline: 'contacts',
    counts: { ...noCounts, read: 4210, rejected: 3 },
    progress: { done: 29, total: 50 },
    detail: 'page 43…',
  },
  {
    type: 'notice',
    at: at(-10),
    pipeline: 'contacts',
    level: 'warn',
    message: 'row 77 is bad → it is rejected',
  },
  { type: 'pipeline_finished', at: at(-5), pipeline: 'budget', result: failed },
];
const watched = told.map((action): BrowserEvent => ({ type: 'run', visit: 1, action }));

const dashboard: Place = { page: 'dashboard' };
const history: Place = { page: 'history' };
const running: Place = { page: 'run', run };
const noRoom = { line: /^\S 2\/4 \S 13,262 read/ };

export const screens: readonly Screen[] = [
  {
    name: 'the dashboard',
    place: dashboard,
    shows: [/^ 3 pipelines: 1 idle . 1 running . 1 failed/, /campaigns .*idle/, /budget .*failed/],
    line: /^3 pipelines: 1 idle · 1 running ·/,
    marks: /campaigns/,
  },
  {
    name: 'the dashboard with its last row opened',
    place: dashboard,
    keys: ['G', 'enter'],
    shows: [/budget .*failed/, /\[http\/status\]/, /Share it with/],
    line: /^3 pipelines/,
    marks: /budget/,
  },
  {
    name: 'the dashboard filtered, with a row picked',
    place: dashboard,
    keys: ['/', 'b', 'u', 'enter', ' '],
    shows: [/1 of 3 with "bu"/, /budget/],
    line: /^3 pipelines/,
    marks: /budget/,
  },
  {
    name: 'the dashboard while a filter is typed',
    place: dashboard,
    keys: ['/', 'b', 'u'],
    shows: [/filter: bu_/, /enter keep/],
    line: /^filter: bu_/,
    marks: /budget/,
    out: /^esc show all$/,
  },
  {
    name: 'the history',
    place: history,
    keys: ['j'],
    shows: [/^ Runs/, /succeeded/, /failed/, /running/],
    line: /^Runs · /,
    marks: /succeeded/,
  },
  {
    name: 'a run',
    place: running,
    events: watched,
    shows: [/4 pipelines: 1 ok|1 ok . 1 running/, /campaigns/, /contacts .*4,210/, /last/],
    marks: /campaigns/,
    ...noRoom,
  },
  {
    name: 'the details of a pipeline',
    place: running,
    events: watched,
    keys: ['j', 'j', 'enter'],
    shows: [/crm\.budget -> db\.budget|crm\.budget → db\.budget/, /\[http\/status\]/, /syncline run budget/],
    ...noRoom,
  },
  {
    name: 'the log of a run',
    place: running,
    events: watched,
    keys: ['l'],
    shows: [/contacts . row 77 is bad/, /esc back/],
    ...noRoom,
  },
  {
    name: 'the changes of a run',
    place: { page: 'changes', run },
    keys: ['j', 'enter'],
    shows: [/^ Run \w+: 1 created, 1 updated, 1 de/, /name "Bob" (→|->) "Bea" \(overwrite\)/],
    line: /^Run 01JD5EXAMPLE0000000000CAMP: /,
    marks: /~ updated .*id=2/,
  },
  {
    name: 'a plan',
    place: { page: 'plan', pipelines: ['campaigns', 'budget'] },
    keys: ['j'],
    shows: [/^ Plan: 1 to create, 1 to update, 1 to delete/, /\+ create .*id=7/, /! failed/],
    line: /^Plan: 1 to create, 1 to update, /,
    marks: /\+ create/,
  },
  {
    name: 'the rejects',
    place: { page: 'rejects', pipeline: 'campaigns' },
    keys: ['enter'],
    shows: [/^ 2 rejected rows of campaigns/, /row\/check: /, /"email": "n\/a"/],
    line: /^2 rejected rows of campaigns/,
    marks: /email: "n\/a 1"/,
  },
  {
    name: 'the log',
    place: { page: 'logs' },
    keys: ['enter'],
    shows: [/^ Log of all runs/, /a row is bad/, /syncline run budget/],
    line: /^Log of all runs · /,
    marks: /403 from/,
  },
  {
    name: 'why a row is as it is',
    place: { page: 'why', pipeline: 'campaigns', key: '2' },
    keys: ['j'],
    shows: [/^ Why campaigns has the row 2 so/, /"Bea" +overwrite/, /edited by hand/],
    line: /^Why campaigns has the row 2 so/,
    marks: /stage/,
  },
  {
    name: 'the help of a list',
    place: dashboard,
    keys: ['?'],
    shows: [/^ Help/, /syncline status/, /run what is picked/, /q leave|[~…] \d+ more lines/],
    line: /^3 pipelines/,
    out: /^esc back$/,
  },
  {
    name: 'the help of a run',
    place: running,
    events: watched,
    keys: ['?'],
    shows: [
      /^ Help/,
      /syncline show 01JD5/,
      /all about the selected pipeline/,
      /q leave|[~…] \d+ more lines/,
    ],
    out: /^esc back$/,
    ...noRoom,
  },
  {
    name: 'what is asked before an undo',
    place: dashboard,
    keys: ['u'],
    shows: [/Undo run 01JD5EXAMPLE0000000000CAMP\?/, /y yes n no/],
    line: /^y n Undo run 01JD5/,
    marks: /campaigns/,
    out: /^n no$/,
  },
  {
    name: 'what is asked before a run is stopped',
    place: running,
    events: watched,
    keys: ['x'],
    shows: [/Stop after the batches under way\?/, /y yes n no/],
    line: /^stop\? y n/,
    marks: /campaigns/,
    out: /^n no$/,
  },
  {
    name: 'what is asked before runs are left',
    place: dashboard,
    keys: ['q'],
    ownRuns: ['01JRUNNING'],
    shows: [/A run is under way here\./, /p go on in plain lines x stop and leave/],
    line: /^p x esc A run is under way here\./,
    marks: /campaigns/,
    out: /^esc stay$/,
  },
  {
    name: 'an error above what is known from before',
    place: dashboard,
    events: [{ type: 'failed', visit: 1, failure }],
    shows: [/403 from sheets\.example/, /\[http\/status\]/, /Share it with/, /syncline run budget/, /idle/],
    line: /^403 from sheets\.example/,
    marks: /campaigns/,
  },
  {
    name: 'an error that came of a key',
    place: history,
    events: [{ type: 'not_done', failure }],
    shows: [/403 from sheets\.example/, /\[http\/status\]/, /Share it with/, /syncline run budget/],
    line: /^403 from sheets\.example/,
    marks: /running/,
  },
];
