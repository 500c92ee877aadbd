/** The server's addresses: the only file that knows them, and the only one that turns answers into errors. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { type JSONObject, type JSONValue } from '@lumino/coreutils';
import { events } from './events';
import { MISSING, OFFLINE, WorkbenchError } from './problems';
import {
  type Facts,
  type IApi,
  type IRunDetails,
  type IState,
  type IVerb,
  type LogEvent
} from './tokens';

export class Api implements IApi {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  async state(since: number): Promise<IState> {
    return this.json<IState>('state', { since: String(since) });
  }

  async verbs(): Promise<readonly IVerb[]> {
    return (await this.json<{ verbs: IVerb[] }>('verbs')).verbs;
  }

  async call(verb: string, args: JSONObject): Promise<JSONValue> {
    const init = { method: 'POST', body: JSON.stringify(args) };
    const path = `verbs/${encodeURIComponent(verb)}`;
    return (await this.json<{ result: JSONValue }>(path, {}, init)).result;
  }

  async run(id: string): Promise<IRunDetails> {
    return this.json<IRunDetails>(`runs/${encodeURIComponent(id)}`);
  }

  async facts(id: string, what: Facts): Promise<JSONObject> {
    return this.json<JSONObject>(`runs/${encodeURIComponent(id)}/${what}`);
  }

  async labels(start: boolean): Promise<{ running: boolean }> {
    return this.json<{ running: boolean }>('labels', {}, start ? { method: 'POST' } : {});
  }

  url(path: string): string {
    return URLExt.join(this.settings.baseUrl, 'workbench', path);
  }

  async *log(id: string, offset: number, signal: AbortSignal): AsyncIterable<LogEvent> {
    // Not an EventSource: that can carry neither the token nor the XSRF header.
    const path = `runs/${encodeURIComponent(id)}/log`;
    const response = await this.request(path, { offset: String(offset) }, { signal });
    if (!response.body) {
      return;
    }
    for await (const event of events(response.body)) {
      const data = JSON.parse(event.data) as string;
      const at = Number(event.id);
      yield event.name === 'end' ? { ended: data, offset: at } : { text: data, offset: at };
    }
  }

  private async json<T>(path: string, query: Query = {}, init: RequestInit = {}): Promise<T> {
    return (await (await this.request(path, query, init)).json()) as T;
  }

  private async request(path: string, query: Query, init: RequestInit): Promise<Response> {
    const url = this.url(path) + URLExt.objectToQueryString(query);
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, init, this.settings);
    } catch (error) {
      if (init.signal?.aborted) {
        throw error;
      }
      throw new WorkbenchError(
        OFFLINE,
        'The Jupyter server does not answer.',
        'Is it still running?'
      );
    }
    if (!response.ok) {
      throw await refusal(response);
    }
    return response;
  }
}

type Query = Record<string, string>;

async function refusal(response: Response): Promise<WorkbenchError> {
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  if (typeof body['code'] === 'string') {
    return new WorkbenchError(
      body['code'],
      String(body['message'] ?? ''),
      String(body['hint'] ?? '')
    );
  }
  if (response.status === 404) {
    return new WorkbenchError(MISSING, 'This Jupyter server does not know the workbench.');
  }
  return new WorkbenchError('http', `The server answered with status ${response.status}.`);
}
