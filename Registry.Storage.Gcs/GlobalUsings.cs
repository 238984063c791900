global using GcsObject = Google.Apis.Storage.v1.Data.Object;
