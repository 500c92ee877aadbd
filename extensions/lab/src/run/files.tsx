/** The files of a run: what it wrote first, then what its bundle carried; a click hands one over. */
import { type JSONObject } from '@lumino/coreutils';
import * as React from 'react';
import { ago, object, size } from '../texts';

export function Files(props: {
  facts: JSONObject;
  url: (path: string) => string;
}): React.ReactElement {
  const told = props.facts['files'];
  const files = (Array.isArray(told) ? told : []).map(object);
  const group = (isCarried: boolean) => files.filter(file => file['is_carried'] === isCarried);
  return (
    <div className="wb-Proof" data-testid="wb-files">
      <Group title="Written by the run" files={group(false)} url={props.url} />
      <Group title="Carried in the bundle" files={group(true)} url={props.url} />
      <p className="wb-Quiet">{String(props.facts['folder'] ?? '')}</p>
    </div>
  );
}

function Group(props: {
  title: string;
  files: JSONObject[];
  url: (path: string) => string;
}): React.ReactElement | null {
  if (props.files.length === 0) {
    return null;
  }
  return (
    <section aria-label={props.title}>
      <h3>{props.title}</h3>
      <table className="wb-Table">
        <tbody>
          {props.files.map(file => {
            const name = String(file['name']);
            const path = name.split('/').map(encodeURIComponent).join('/');
            return (
              <tr key={name}>
                <td>
                  <a href={props.url(`files/${path}`)} target="_blank" rel="noopener noreferrer">
                    {name}
                  </a>
                </td>
                <td className="wb-mod-number">{size(file['bytes'])}</td>
                <td>{ago(new Date(1000 * Number(file['at'])).toISOString())}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
