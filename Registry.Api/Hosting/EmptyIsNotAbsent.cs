using Microsoft.AspNetCore.Mvc.ModelBinding.Metadata;

namespace Registry.Api.Hosting;

/// <summary>Hands an empty parameter on as an empty text: to both protocols <c>namespace=</c> and no namespace are two things.</summary>
internal sealed class EmptyIsNotAbsent : IDisplayMetadataProvider
{
    public void CreateDisplayMetadata(DisplayMetadataProviderContext context) => context.DisplayMetadata.ConvertEmptyStringToNull = false;
}
