// The library for Swift programs: `import Retort` brings what its parts declare public.
@_exported import RetortCPU
@_exported import RetortCore
@_exported import RetortData
@_exported import RetortDistillation
@_exported import RetortFormats
@_exported import RetortModels
@_exported import RetortNN
@_exported import RetortOpenCL
@_exported import RetortRecipes
@_exported import RetortRuns
@_exported import RetortSchema
@_exported import RetortTraining
