/* One worker for all tabs of a browser: it holds the stream of changes, and passes each on to every tab. Browsers open
   six connections to a host, so a stream for each tab would leave none for pages. */

const tabs = new Set();
let tick = "";

const stream = new EventSource("events");
stream.onmessage = ({ data }) => {
  tick = data;
  for (const tab of tabs) tab.postMessage(tick);
};

onconnect = ({ ports: [tab] }) => {
  tabs.add(tab);
  // A page that the browser keeps for the way back is told nothing meanwhile.
  tab.onmessage = ({ data }) => data === "gone" ? tabs.delete(tab) : tabs.add(tab);
  if (tick) tab.postMessage(tick);
};
