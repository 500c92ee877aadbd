/** Whether a run is meant by what was typed: every word stands somewhere in its name, state, title, idea or user. */
import { object } from '../texts';
import { type IRecord } from '../tokens';

export function matches(record: IRecord, query: string): boolean {
  const { fields } = record;
  const told = [
    record.id,
    record.state,
    fields['title'],
    fields['idea'],
    fields['user'],
    fields['model'],
    object(fields['error'])['message']
  ];
  const text = told.filter(Boolean).join(' ').toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every(word => text.includes(word));
}
