// Uses the API by the types that openapi-typescript made of its document, and prints what it saw.
import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';

const [, , baseUrl, unknownState] = process.argv;
const api = createClient<paths>({ baseUrl });
const seen: Record<string, unknown> = {};

const submitted = await api.POST('/api/applications', { body: { name: 'Gabe', address: 'ABadAddress' } });
const id = submitted.data!.id;
seen.submitted = submitted.response.status;

async function read(): Promise<components['schemas']['ApplicationDetails']> {
  const { data } = await api.GET('/api/applications/{id}', { params: { path: { id } } });
  return data!;
}
while ((await read()).state !== 'FLAGGED_FOR_REVIEW');
seen.read = (await read()).workflow;

async function isListed(): Promise<boolean> {
  for (let pageToken: string | undefined; ;) {
    const { data } = await api.GET('/api/applications', { params: { query: { state: 'FLAGGED_FOR_REVIEW', pageSize: 100, pageToken } } });
    if (data!.items.some(item => item.id === id)) return true;
    if (data!.nextPageToken === null) return false;
    pageToken = data!.nextPageToken;
  }
}
while (!await isListed());
seen.listed = true;

const review = (decision: 'APPROVE' | 'REJECT') =>
  api.POST('/api/applications/{id}/review', { params: { path: { id } }, body: { decision, comment: 'Seen.' } });
const reviewed = await review('APPROVE');
seen.reviewed = [reviewed.data!.state, reviewed.data!.review!.comment];
seen.conflict = (await review('REJECT')).error!.detail;
const refused = await api.POST('/api/applications', { body: { name: ' ', address: '' } });
seen.refused = Object.keys((refused.error as components['schemas']['Problem']).errors!);

const later = createClient<paths>({
  baseUrl,
  fetch: async () => Response.json({ ...await read(), state: unknownState, workflow: unknownState }),
});
const unknown = await later.GET('/api/applications/{id}', { params: { path: { id } } });
seen.unknown = [unknown.data!.state, unknown.data!.workflow];

console.log(JSON.stringify(seen));
