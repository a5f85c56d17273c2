"use strict";
// Places on the map and in the picture. `heat` is described in gpuheat/export/page.py.
const heat = JSON.parse(document.getElementById("heat").textContent);
const [west, south, east, north] = heat.area;
const [width, height] = heat.size;   // of the picture, in pixels
const [nRows, nColumns] = heat.shape;   // of its levels

// Mercator's y in units of a degree at the equator, its inverse, and where it ends.
const mercator = (lat) => Math.asinh(Math.tan(lat * Math.PI / 180)) * 180 / Math.PI;
const latitude = (y) => Math.atan(Math.sinh(y * Math.PI / 180)) * 180 / Math.PI;
const LAST = 85.0511287798;

const onMap = heat.map !== "none";
const top_ = Math.min(north, LAST), bottom = Math.max(south, -LAST);
// Without degrees the map is the picture's own pixels, x to the right and y upwards.
const bounds = L.latLngBounds(onMap ? [[bottom, west], [top_, east]] : [[0, 0], [height, width]]);

// A place on the map in pixels of the picture, [column, row], and the way back.
const up = heat.map === "mercator" ? mercator : (y) => y;
const down = heat.map === "mercator" ? latitude : (y) => y;

function pixels({lat, lng}) {
  if (!onMap) return [lng, height - lat];
  const row = (up(north) - up(lat)) / (up(north) - up(south)) * height;
  return [(lng - west) / (east - west) * width, row];
}

function place(column, row) {
  if (!onMap) return L.latLng(height - row, column);
  const lat = down(up(north) - row / height * (up(north) - up(south)));
  return L.latLng(lat, west + column / width * (east - west));
}
