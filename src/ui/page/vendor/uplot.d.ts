// The address under which the page's server hands out uPlot from node_modules.
export { default } from 'uplot'
