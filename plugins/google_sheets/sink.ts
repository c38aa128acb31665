import { defineSink } from 'syncline';
import { openClient } from 'syncline/http';
import { options } from './options.ts';
import { Spreadsheet } from './spreadsheet.ts';
import { openWriter } from './writer.ts';

export const sink = defineSink({
  name: 'google_sheets',
  summary: 'Writes rows into sheets of a Google spreadsheet: only cells that changed, and text stays text.',
  options,
  modes: ['upsert', 'append', 'snapshot'],
  capabilities: ['memory'],
  async open({ spreadsheet: id, ...config }, context) {
    const client = openClient(config, context);
    const spreadsheet = new Spreadsheet(client, id);
    return {
      // A sheet takes any value in any cell: its columns have no types.
      async discover(target) {
        const { tabs } = await spreadsheet.describe();
        return tabs.some(({ title }) => title === target) ? [] : undefined;
      },
      begin: async (target) => openWriter(spreadsheet, target),
      check: () => spreadsheet.check(),
      close: () => client.close(),
    };
  },
});
