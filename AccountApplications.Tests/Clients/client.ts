// Uses the API by the types that openapi-typescript made of its document, and prints what it saw.
import createClient from 'openapi-fetch';
import type { components, paths } from './obj/api.js';

type Details = components['schemas']['ApplicationDetails'];
type Query = paths['/api/applications']['get']['parameters']['query'];

declare const process: { argv: string[] };
const [baseUrl, unknownState] = process.argv.slice(2) as [string, string];
const api = createClient<paths>({ baseUrl });
const seen: Record<string, unknown> = {};

const submitted = await api.POST('/api/applications', { body: { name: 'Gabe', address: 'ABadAddress' } });
const id = submitted.data!.id;
seen.submitted = submitted.data!.name;

async function read(): Promise<Details> {
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
const conflict = await review('REJECT');
seen.conflict = [conflict.response.status, conflict.error!.detail];
const refused = await api.POST('/api/applications', { body: { name: ' ', address: '' } });
seen.refused = [refused.response.status, ...Object.keys((refused.error as components['schemas']['Problem']).errors!)];

// Answers may have any state, a query only those of this release: either is an error of the compiler otherwise.
const withUnknown = (details: Details) => ({ ...details, state: unknownState, workflow: unknownState }) satisfies Details;
// @ts-expect-error
({ state: unknownState }) satisfies Query;

const later = createClient<paths>({ baseUrl, fetch: async () => Response.json(withUnknown(await read())) });
const unknown = await later.GET('/api/applications/{id}', { params: { path: { id } } });
seen.unknown = [unknown.data!.state, unknown.data!.workflow];

console.log(JSON.stringify(seen));
