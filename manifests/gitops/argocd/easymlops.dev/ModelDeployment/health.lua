-- Health of a ModelDeployment, from the conditions that kstatus reads, too; Suspended is what kstatus has no word for.
-- Argo CD gives a check no more of Lua's libraries than base and table.

local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end

local function is(kind, truth)
  return conditions[kind] ~= nil and conditions[kind].status == truth
end

local function health(word, kind)
  return {status = word, message = conditions[kind].message}
end

if status.observedGeneration ~= obj.metadata.generation then
  return {status = "Progressing", message = "the operator has not seen this spec yet"}
elseif is("Stalled", "True") then
  return health("Degraded", "Stalled")
elseif is("Reconciling", "True") then
  return health("Progressing", "Reconciling")
elseif conditions.Ready == nil then
  return {status = "Progressing", message = "the operator has not said anything about this spec yet"}
elseif not is("Ready", "True") or (obj.spec or {}).suspend == true then
  return health("Suspended", "Ready") -- nobody works on it, as was asked for: suspended, or no pods are wanted
end

-- Thresholds are no part of Ready: whoever wants them to stop a sync says so where the sync is defined.
local healthy = health("Healthy", "Ready")
if is("ThresholdsMet", "False") then
  healthy.message = healthy.message .. "; " .. conditions.ThresholdsMet.message
end
return healthy
